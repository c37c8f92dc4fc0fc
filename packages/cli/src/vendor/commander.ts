// The build bundles the parser into this file, so that users install fewer packages.
export { Command as Parser, CommanderError, Option as ParserOption } from 'commander'
