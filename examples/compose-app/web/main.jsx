import { createRoot } from 'react-dom/client'
import { Notes } from './notes.jsx'

createRoot(document.getElementById('app')).render(<Notes />)
