/** The comparison of texts, bundled. */
export { createTwoFilesPatch } from 'diff'
