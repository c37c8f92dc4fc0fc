// Kubeconfig and auth alone: the package as a whole takes 280 ms to load. The build cuts this file's imports down further.
export { KubeConfig } from '@kubernetes/client-node/dist/config.js'
