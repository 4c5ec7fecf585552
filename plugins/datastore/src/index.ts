export { default } from './datastore-plugin.ts'
