import { dnsService, nodeAddress } from './kubernetes-paths.ts'

function namespace(name: string, labels = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function account(name: string, where: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: where } }
}

const dnsPorts = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
]

/** What tests find in a new cluster. */
export const objects: object[] = [
  namespace('ci'),
  namespace('restricted', { 'pod-security.kubernetes.io/enforce': 'restricted' }),
  namespace('quota'),
  account('shared', 'ci'),
  account('restricted', 'restricted'),
  account('quota', 'quota'),
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'quota', namespace: 'quota' },
    spec: { hard: { pods: '2', 'limits.memory': '512Mi', 'requests.cpu': '1' } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
    spec: { clusterIP: dnsService, ports: dnsPorts },
  },
  // Made by hand, since the server is no pod.
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
    addressType: 'IPv4',
    ports: dnsPorts,
    endpoints: [{ addresses: [nodeAddress] }],
  },
]
