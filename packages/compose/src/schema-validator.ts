import { readFileSync } from 'node:fs'
import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from './vendor/ajv.ts'

export type { ErrorObject }

const schema = JSON.parse(readFileSync(new URL('../schema/compose-spec.json', import.meta.url), 'utf8')) as AnySchema

/** Options of the validator, in the build as in development. */
export const AJV_OPTIONS = { allErrors: true, strict: false, validateFormats: false, messages: true } as const

/** Compares a value with the JSON schema of the Compose Specification. The build replaces this file by compiled code. */
export const validate: ValidateFunction = new Ajv2020(AJV_OPTIONS).compile(schema)
