// The build bundles the library into this file, so that users install fewer packages.
export { load as parseYaml } from 'js-yaml'
