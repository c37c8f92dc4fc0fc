/** The parser of YAML. It keeps the place of every node, and it is bundled: users install nothing. */
export { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
export type { Document, Node, Pair } from 'yaml'
