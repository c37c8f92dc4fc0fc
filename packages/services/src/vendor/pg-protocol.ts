// The build bundles this library into this file, so that users install fewer packages.
export { DatabaseError, parse, serialize } from 'pg-protocol'
