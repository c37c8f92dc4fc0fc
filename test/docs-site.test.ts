import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SIDEBAR } from '../docs/.vitepress/sidebar.ts'

const links = SIDEBAR.flatMap(({ items }) => items.map(({ link }) => link))

/** The pages of the repository; those of docs/reference are generated. */
function pages(): readonly string[] {
  return globSync('docs/**/*.md', { exclude: (path) => /node_modules|reference/.test(path) }).map((file) =>
    file.replace(/^docs/, '').replace(/(index)?\.md$/, ''),
  )
}

test('the sidebar of the site lists every page once', () => {
  const listed = links.filter((link) => !link.startsWith('/reference/') && !link.startsWith('/errors/'))
  const written = pages().filter((page) => page !== '/' && !page.startsWith('/errors/'))
  expect(listed.toSorted()).toEqual(written.toSorted())
})

test('the texts of the sidebar differ', () => {
  const texts = SIDEBAR.flatMap(({ items }) => items.map(({ text }) => text))
  expect(new Set(texts).size).toBe(texts.length)
})
