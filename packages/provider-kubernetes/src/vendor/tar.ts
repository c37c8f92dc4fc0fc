// The build bundles the library into this file, so that users install fewer packages.
export { pack } from 'tar-stream'
