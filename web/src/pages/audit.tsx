// Later.
export const AuditPage = () => null;
