// The build puts the library into this file: users install few packages.
export { pack } from 'tar-stream'
