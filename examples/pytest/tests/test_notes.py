import os

import psycopg
import pymongo


def test_postgresql_has_the_seeded_data():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT text FROM notes").fetchall() == [("from the seed",)]


def test_mongodb_accepts_the_url_as_it_is():
    with pymongo.MongoClient(os.environ["MONGODB_URL"]) as client:
        notes = client.get_database("shop").notes
        note = notes.insert_one({"text": "hello"}).inserted_id
        assert notes.find_one({"_id": note}) == {"_id": note, "text": "hello"}
