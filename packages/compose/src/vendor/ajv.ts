/** The validator of JSON schemas. The build compiles the schema and bundles the result without the validator. */
export { Ajv2020 } from 'ajv/dist/2020.js'
export type { AnySchema, ErrorObject, ValidateFunction } from 'ajv'
