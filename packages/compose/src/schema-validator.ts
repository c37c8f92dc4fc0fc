import { readFileSync } from 'node:fs'
import { AJV_OPTIONS } from './ajv-options.ts'
import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from './vendor/ajv.ts'

export type { ErrorObject }

const schema = JSON.parse(readFileSync(new URL('../schema/compose-spec.json', import.meta.url), 'utf8')) as AnySchema

/**
 * Compares a value with the JSON schema of the Compose Specification. The build replaces this file by compiled code.
 */
export const validate: ValidateFunction = new Ajv2020(AJV_OPTIONS).compile(schema)
