/** What the package with the builders uses besides the contract. */
export { contextFiles, type ContextFile } from './build/context-files.ts'
export type { BuildSecret, BuildSpec, ImageStore } from './contract/build-spec.ts'
export type { Builder, BuilderProbe, BuildModule, BuiltImage, ImageBuild, ImageBuilders } from './contract/builder.ts'
