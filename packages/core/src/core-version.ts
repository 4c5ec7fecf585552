/** This package's version; a test ties it to package.json. */
export const CORE_VERSION = '0.1.0'
