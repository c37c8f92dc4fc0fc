// The build puts the libraries into this file: users install few packages.
export { default as Negotiator } from 'negotiator'
export { default as send } from 'send'
