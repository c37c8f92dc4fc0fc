import { displayUrl, inCi } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { openInBrowser, whyNoBrowser } from '../open-in-browser.ts'
import { writeNotice } from '../output.ts'
import { findRunningService } from '../running-service.ts'

/** Opens the URL of a running service. Exit code 1 if nothing runs. */
export async function runOpen(invocation: Invocation): Promise<number> {
  const [service = ''] = invocation.args
  const status = await findRunningService(invocation, service)
  if (!status) return 1
  const url = status.connections[service]?.['url']
  if (typeof url !== 'string') {
    writeNotice(`services.${service} has no URL`)
    return 1
  }
  const isPage = /^https?:/.test(url)
  process.stdout.write(`${isPage ? url : displayUrl(url)}\n`)
  if (!isPage) {
    writeNotice(`services.${service} is not a web page. To see its URL with its password: moorage status --env`)
    return 0
  }
  const problem = inCi(process.env) ? 'this is CI' : whyNoBrowser(process.platform, process.env)
  const failure = problem ?? (await openInBrowser(url))
  if (failure !== undefined) writeNotice(`no browser was opened: ${failure}`)
  return 0
}
