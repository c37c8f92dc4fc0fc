import { MoorageError, type IsolationContext, type Json, type PlainConnection, type Slot } from '@moorage/core'
import { loadDriver } from '../drivers/load-driver.ts'

type Document = { readonly [field: string]: unknown }

/** The part of the official driver that is used. */
interface Mongo {
  readonly MongoClient: new (url: string, options: Document) => Client
}

interface Client extends AsyncDisposable {
  connect(): Promise<unknown>
  db(name: string): Database
}

interface Database {
  listCollections(): { toArray(): Promise<readonly { readonly name: string; readonly options?: Document }[]> }
  createCollection(name: string, options: Document): Promise<Collection>
  collection(name: string): Collection
  dropDatabase(): Promise<unknown>
}

interface Collection {
  find(filter: Document): AsyncIterable<Document>
  insertMany(documents: readonly Document[], options: Document): Promise<unknown>
  createIndexes(indexes: readonly Document[]): Promise<unknown>
  indexes(): Promise<readonly Document[]>
  replaceOne(filter: Document, document: Document, options: Document): Promise<unknown>
  deleteOne(filter: Document): Promise<unknown>
}

const TEMPLATE = 'moorage_template'
// Slots that are complete: a worker may die while it fills one.
const [MARKS, SLOTS] = ['moorage_slots', 'slots']

// Documents per message; the driver splits what is larger than the server takes.
const BATCH = 1_000

/** A copy of the seeded database, so that what tests do with the shared one reaches no slot. */
export async function createTemplate(
  connection: PlainConnection,
  _options: Json,
  { root }: IsolationContext,
): Promise<void> {
  await using client = await connect(connection, root)
  await copy(client.db(String(connection['database'])), client.db(TEMPLATE))
}

/** A database of its own, with the seed's collections, their options, documents and indexes. */
export async function openSlot(
  connection: PlainConnection,
  slot: Slot,
  { root }: IsolationContext,
): Promise<PlainConnection> {
  const { name, fresh } = slot
  const url = new URL(String(connection['url']))
  url.pathname = `/${name}`
  const own = { ...connection, database: name, url: url.href }
  await using client = await connect(connection, root)
  const marks = client.db(MARKS).collection(SLOTS)
  const names = await namesIn(marks)
  if (names.includes(name) && !fresh) return own
  if (!names.includes(name)) for (const other of names.filter(slot.stale)) await remove(client, other)
  await remove(client, name)
  await copy(client.db(TEMPLATE), client.db(name))
  await marks.replaceOne({ _id: name }, {}, { upsert: true })
  return own
}

async function namesIn(marks: Collection): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { _id } of marks.find({})) names.push(String(_id))
  return names
}

async function remove(client: Client, name: string): Promise<void> {
  await client.db(MARKS).collection(SLOTS).deleteOne({ _id: name })
  await client.db(name).dropDatabase()
}

async function copy(from: Database, to: Database): Promise<void> {
  const all = (await from.listCollections().toArray()).filter(({ name }) => !name.startsWith('system.'))
  const isView = ({ options = {} }: { readonly options?: Document }): boolean => 'viewOn' in options
  // A view needs what it looks at.
  for (const each of [...all.filter((one) => !isView(one)), ...all.filter(isView)]) {
    const target = await to.createCollection(each.name, each.options ?? {})
    if (!isView(each)) await copyCollection(from.collection(each.name), target)
  }
}

async function copyCollection(from: Collection, to: Collection): Promise<void> {
  let batch: Document[] = []
  const flush = async (): Promise<void> => {
    if (batch.length) await to.insertMany(batch, { ordered: false })
    batch = []
  }
  for await (const document of from.find({})) if (batch.push(document) === BATCH) await flush()
  await flush()
  const indexes = (await from.indexes()).filter(({ name }) => name !== '_id_')
  if (indexes.length) await to.createIndexes(indexes.map(({ v: _, ns: __, ...index }) => index))
}

async function connect(connection: PlainConnection, root: string): Promise<Client> {
  const mongo = await loadDriver<Mongo>('mongodb', root)
  if (!mongo)
    throw new MoorageError(
      'ISOLATION_FAILED',
      'A database of its own needs a driver, and the project has no mongodb.',
      { hint: 'npm install --save-dev mongodb' },
    )
  // Values as they are stored: a double that is whole would come back as an integer.
  const client = new mongo.MongoClient(String(connection['url']), { promoteValues: false, bsonRegExp: true })
  await client.connect()
  return client
}
