import { createServer } from 'node:http'
import { siteHandler, type Site } from '../site/site-handler.ts'

const { port, ...site } = JSON.parse(process.argv[2] as string) as Site & { readonly port: number }

createServer(siteHandler(site)).listen(port, '127.0.0.1')
