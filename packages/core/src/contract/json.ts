/** A value that can cross a process boundary. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** Serialises with sorted keys, so that equal values have equal texts in every process. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_, item: Json) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    const object = item as JsonObject
    return Object.fromEntries(
      Object.keys(object)
        .sort()
        .map((key) => [key, object[key]]),
    )
  })
}
