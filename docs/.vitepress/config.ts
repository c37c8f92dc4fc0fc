import { defineConfig } from 'vitepress'
import { SIDEBAR } from './sidebar.ts'

interface LinkToken {
  readonly type: string
  attrGet(name: string): string | null
}

/** A link that leaves the pages leads into the repository, which the site does not contain: its text stays. */
function withoutRepositoryLinks<Token extends LinkToken>(tokens: readonly Token[]): Token[] {
  let outside = false
  return tokens.filter((token) => {
    if (token.type === 'link_open') outside = token.attrGet('href')?.startsWith('../') ?? false
    return !(outside && (token.type === 'link_open' || token.type === 'link_close'))
  })
}

export default defineConfig({
  title: 'moorage',
  description: 'Real services for tests: on Docker, on Kubernetes, and as plain processes',
  // Also readable from a file server that knows no rewriting, and under any path.
  cleanUrls: false,
  markdown: {
    // Words such as <name> in the pages are text, not elements.
    html: false,
    config: (md) => {
      md.core.ruler.push('repository_links', ({ tokens }) => {
        for (const token of tokens) if (token.children) token.children = withoutRepositoryLinks(token.children)
      })
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Reference', link: '/reference/overview' },
      { text: 'Errors', link: '/errors' },
    ],
    sidebar: SIDEBAR,
    outline: [2, 3],
  },
})
