/** The gateway's version, as in package.json; what health and `$lib_version` of apps' events say. */
export const version = "0.1.0";
