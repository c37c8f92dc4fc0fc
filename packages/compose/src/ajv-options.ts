/** Options of the validator of the JSON schema, in the build as in development. */
export const AJV_OPTIONS = { allErrors: true, strict: false, validateFormats: false, messages: true } as const
