/** The parser of YAML, bundled. It keeps the place of every node, for messages that name a line of a workflow. */
export { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, parseDocument, visit } from 'yaml'
export type { Document, Pair, Scalar } from 'yaml'
