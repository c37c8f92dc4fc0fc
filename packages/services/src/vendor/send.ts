// The build bundles these libraries into this file, so that users install fewer packages.
export { default as Negotiator } from 'negotiator'
export { default as send } from 'send'
