// Later.
export const WelcomePage = () => null;
