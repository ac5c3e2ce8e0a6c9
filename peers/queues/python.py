"""python-task-queue as its users run it: inserts in bulk, or polls; says how many tasks are finished."""
import json
import os
import sys
import threading
import time

place = json.loads(sys.argv[2])
sys.path[:0] = [one for one in place["python"].split(os.pathsep) if one != ""]

from functools import partial

from taskqueue import TaskQueue, queueable


@queueable
def answer(body):
    return {"ok": True}


def queue():
    return TaskQueue(place["url"], n_threads=40, progress=False)


def insert():
    with open(place["bodies"]) as file:
        queue().insert([partial(answer, body=json.loads(line)) for line in file])


def work():
    finished = 0

    def after(task):
        nonlocal finished
        finished += 1

    def report():
        while True:
            time.sleep(0.01)
            print(finished, flush=True)

    threading.Thread(target=report, daemon=True).start()
    queue().poll(lease_seconds=600, tally=True, after_fn=after)


{"insert": insert, "work": work}[sys.argv[1]]()
