import type { GoProgram } from './go-programs.ts'

const version = 'v1.34.4'
const [major = '', minor = ''] = version.slice(1).split('.')
const place = 'k8s.io/component-base/version'
const kubernetesModule = {
  module: 'k8s.io/kubernetes',
  version,
  variables: { [`${place}.gitVersion`]: version, [`${place}.gitMajor`]: major, [`${place}.gitMinor`]: minor },
}

/** API server, controller manager, scheduler, kubelet, proxy and etcd in one; the first argument picks. */
export const kubernetes: GoProgram = { ...kubernetesModule, name: 'kubernetes', main: '.' }

export const kubectl: GoProgram = { ...kubernetesModule, name: 'kubectl', main: 'k8s.io/kubernetes/cmd/kubectl' }

export const coredns: GoProgram = {
  name: 'coredns',
  module: 'github.com/coredns/coredns',
  version: 'v1.12.4',
  main: '.',
}

/** What holds a pod's namespaces; of Go's standard library alone. */
export const pause: GoProgram = { name: 'pause', module: 'std', version: '1', main: '.' }

const buildkit = { module: 'github.com/moby/buildkit', version: 'v0.24.0' }

export const buildkitd: GoProgram = { ...buildkit, name: 'buildkitd', main: 'github.com/moby/buildkit/cmd/buildkitd' }

export const buildctl: GoProgram = { ...buildkit, name: 'buildctl', main: 'github.com/moby/buildkit/cmd/buildctl' }

export const nerdctl: GoProgram = {
  name: 'nerdctl',
  module: 'github.com/containerd/nerdctl',
  version: 'v1.7.7',
  main: 'github.com/containerd/nerdctl/cmd/nerdctl',
}
