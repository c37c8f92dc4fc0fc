/** The parser of JavaScript and TypeScript, bundled. It gives the place of every node, so that edits keep the rest. */
export { parse, parseExpression } from '@babel/parser'
