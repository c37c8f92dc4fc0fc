export { CONFIG_FILES, findConfig, loadConfig } from './config/load.ts'
export { exposeTo } from './config/variables.ts'
export { provisionWith } from './provision.ts'
export { printTo } from './run/console.ts'
