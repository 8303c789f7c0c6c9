// Later.
export const PeoplePage = () => null;
