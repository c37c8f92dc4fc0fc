// Only the kubeconfig part: the whole package takes 280 ms to load. The build removes more of its imports.
export { KubeConfig } from '@kubernetes/client-node/dist/config.js'
