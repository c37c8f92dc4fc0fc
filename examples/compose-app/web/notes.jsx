import { useEffect, useState } from 'react'

export function Notes() {
  const [notes, setNotes] = useState([])
  const load = async () => setNotes(await (await fetch('/api/notes')).json())
  useEffect(() => void load(), [])

  async function add(form) {
    await fetch('/api/notes', { method: 'POST', body: JSON.stringify({ text: form.get('text') }) })
    await load()
  }

  return (
    <main>
      <h1>Notes</h1>
      <form action={add}>
        <input name="text" aria-label="New note" />
        <button>Add</button>
      </form>
      <ul>
        {notes.map((text, i) => (
          <li key={i}>{text}</li>
        ))}
      </ul>
    </main>
  )
}
