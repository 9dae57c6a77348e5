// Every table that the code opens by name, for whoever makes them or looks whether they are there: the deployment and
// preflight. They are deployed, so that the app needs no right to make any; a test compares with what is opened.
export const tableNames = ['runs', 'index', 'decisions', 'slots', 'watch'] as const;
