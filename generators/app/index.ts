export { type CommandOption, commandOptions } from './command-options.ts'
export { default } from './generator.ts'
