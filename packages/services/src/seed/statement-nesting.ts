const ROUTINE = /^create (or replace )?(function|procedure)$/

/**
 * Knows whether a semicolon ends the statement: not in parentheses, as in CREATE RULE, nor in a body that begins with
 * BEGIN ATOMIC. Source: psqlscan.l of PostgreSQL 18.
 */
export class StatementNesting {
  #parentheses = 0
  #begins = 0
  #words: string[] = []

  get open(): boolean {
    return this.#parentheses > 0 || this.#begins > 0
  }

  character(character: string): void {
    if (character === '(') this.#parentheses++
    if (character === ')' && this.#parentheses > 0) this.#parentheses--
  }

  word(text: string): void {
    const word = text.toLowerCase()
    if (this.#words.length < 4) this.#words.push(word)
    if (this.#parentheses > 0 || !this.#isRoutine) return
    if (word === 'begin' || (word === 'case' && this.#begins > 0)) this.#begins++
    if (word === 'end' && this.#begins > 0) this.#begins--
  }

  get #isRoutine(): boolean {
    return ROUTINE.test(this.#words.slice(0, 2).join(' ')) || ROUTINE.test(this.#words.join(' '))
  }
}
