// A star: the list of what a provider gets stands in one place, core's provider.ts.
export * from '@moorage/core/provider'
