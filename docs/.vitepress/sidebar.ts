export interface SidebarGroup {
  readonly text: string
  readonly items: { readonly text: string; readonly link: string }[]
}

/** Every page of the site in reading order. test/docs-site.test.ts checks that none is missing. */
export const SIDEBAR: SidebarGroup[] = [
  {
    text: 'Guides',
    items: [
      { text: 'Start in five minutes', link: '/start' },
      { text: 'Test runners', link: '/runners' },
      { text: 'node:test', link: '/node-test' },
      { text: 'pytest', link: '/pytest' },
      { text: 'Configuration', link: '/config' },
      { text: 'Seeds', link: '/seeds' },
      { text: 'Isolation', link: '/isolation' },
      { text: 'Servers', link: '/servers' },
      { text: 'Visual tests', link: '/visual-tests' },
      { text: 'Compose files', link: '/compose' },
      { text: 'Builds', link: '/builds' },
    ],
  },
  {
    text: 'Move an existing project',
    items: [
      { text: 'Overview', link: '/migration/' },
      { text: 'kubectl in YAML', link: '/migration/kubectl' },
      { text: 'Servers for visual tests', link: '/migration/visual-servers' },
      { text: 'Testcontainers', link: '/migration/testcontainers' },
      { text: 'docker compose', link: '/migration/docker-compose' },
      { text: 'GitLab services', link: '/migration/gitlab-services' },
    ],
  },
  {
    text: 'Where services run',
    items: [
      { text: 'Docker', link: '/docker' },
      { text: 'Kubernetes', link: '/kubernetes' },
      { text: 'CI pipelines', link: '/ci' },
      { text: 'nerdctl', link: '/nerdctl' },
      { text: 'Your own provider', link: '/providers' },
    ],
  },
  {
    text: 'Operation',
    items: [
      { text: 'Who does what', link: '/roles' },
      { text: 'Best practices', link: '/best-practices' },
      { text: 'Security', link: '/security' },
      { text: 'Command line', link: '/cli' },
      { text: 'moorage doctor', link: '/doctor' },
      { text: 'Debugging', link: '/debugging' },
      { text: 'Error codes', link: '/errors' },
      { text: 'Environment variables', link: '/environment-variables' },
      { text: 'Limits', link: '/limits' },
      { text: 'Compose keys', link: '/compose-keys' },
      { text: 'Compose files of others', link: '/compose-corpus' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'moorage', link: '/reference/' },
      { text: 'moorage/compose', link: '/reference/compose' },
      { text: 'moorage/vitest', link: '/reference/vitest' },
      { text: 'moorage/playwright', link: '/reference/playwright' },
      { text: 'moorage/test', link: '/reference/test' },
      { text: 'moorage/provider', link: '/reference/provider' },
      { text: 'moorage/provider/testing', link: '/reference/provider-testing' },
    ],
  },
  {
    text: 'Project',
    items: [
      { text: 'Architecture', link: '/architecture' },
      { text: 'Results', link: '/results' },
      { text: 'Invariants', link: '/invariants' },
      { text: 'Contributing', link: '/CONTRIBUTING' },
    ],
  },
]
