"""A reader and worker of fq folders, written from the documented format: what lies on disk, nothing else.

It stands in where python-task-queue itself is not at hand. With TASKQ_PYTHON_TASK_QUEUE (a folder that
`import taskqueue.file_queue_api` works from) the real one does the same things instead.
"""
import json, os, random, sys, time, uuid


class Documented:
    def __init__(self, path):
        self.path = path
        self.queue = os.path.join(path, "queue")
        self.movement = os.path.join(path, "movement")
        os.makedirs(self.queue, exist_ok=True)
        os.makedirs(self.movement, exist_ok=True)

    def insert(self, tasks, delay_seconds=0):
        stamp = int(time.time()) + delay_seconds if delay_seconds > 0 else 0
        for task in tasks:
            task["id"] = str(uuid.uuid4())
            name = "%d--%s.json" % (stamp, task["id"])
            with open(os.path.join(self.queue, name), "w") as file:
                file.write(json.dumps(task))
            with open(os.path.join(self.movement, task["id"]), "w") as file:
                file.write(name + "\n")
        return len(tasks)

    def add_insert_count(self, count):
        total = self.inserted + count
        with open(os.path.join(self.path, "insertions"), "w") as file:
            file.write(str(total))

    def lease(self, seconds, num_tasks):
        now, leased = int(time.time()), []
        stamps = [(int(name.split("--")[0]), name) for name in os.listdir(self.queue)]
        random.shuffle(stamps)
        for stamp, name in stamps:
            if stamp > now or len(leased) >= num_tasks:
                continue
            new = "%d--%s" % (int(time.time()) + seconds, name.split("--")[1])
            try:
                os.rename(os.path.join(self.queue, name), os.path.join(self.queue, new))
            except FileNotFoundError:
                continue
            ident = new.split("--")[1][: -len(".json")]
            with open(os.path.join(self.movement, ident), "a") as file:
                file.write(new + "\n")
            with open(os.path.join(self.queue, new)) as file:
                leased.append(json.load(file))
        return leased

    def delete(self, task):
        path = os.path.join(self.movement, task["id"])
        if not os.path.exists(path):
            return 1
        with open(path) as file:
            names = [name for name in file.read().split("\n") if name != ""]
        for name in names:
            if os.path.exists(os.path.join(self.queue, name)):
                os.remove(os.path.join(self.queue, name))
        os.remove(path)
        return 1

    def tally(self):
        with open(os.path.join(self.path, "completions"), "ab") as file:
            file.write(b"\0")

    def release_all(self):
        now = int(time.time())
        for name in os.listdir(self.queue):
            if int(name.split("--")[0]) >= now:
                new = "%d--%s" % (now, name.split("--")[1])
                os.rename(os.path.join(self.queue, name), os.path.join(self.queue, new))
                with open(os.path.join(self.movement, new.split("--")[1][:-5]), "a") as file:
                    file.write(new + "\n")

    @property
    def inserted(self):
        path = os.path.join(self.path, "insertions")
        return int(open(path).read()) if os.path.exists(path) else 0

    @property
    def completed(self):
        path = os.path.join(self.path, "completions")
        return os.path.getsize(path) if os.path.exists(path) else 0

    @property
    def enqueued(self):
        return len(os.listdir(self.queue))

    @property
    def leased(self):
        now = int(time.time())
        return sum(int(name.split("--")[0]) > now for name in os.listdir(self.queue))


def open_queue(path):
    place = os.environ.get("TASKQ_PYTHON_TASK_QUEUE", "")
    if place == "":
        return Documented(path)
    sys.path[:0] = place.split(os.pathsep)
    from taskqueue.file_queue_api import FileQueueAPI

    return FileQueueAPI(path)


def body(n):
    call = [["my_project.task", "_run_task"], [], {"n": n, "root_id": 864691135012345678 + n}, -1]
    return {"payload": call, "queueName": "q"}


def work(api, seconds):
    """Drains the queue; says of each task what it was asked to call, and that it is done."""
    while api.enqueued > 0:
        for task in api.lease(seconds, 1):
            print(json.dumps({"id": task["id"], "payload": task["payload"]}), flush=True)
            api.delete(task)
            api.tally()


def main(command, path, *words):
    api = open_queue(path)
    if command == "insert":
        count, delay = int(words[0]), int(words[1]) if len(words) > 1 else 0
        api.insert([body(n) for n in range(count)], delay)
        api.add_insert_count(count)
    elif command == "work":
        work(api, int(words[0]))
    elif command == "lease":
        print(json.dumps([task["id"] for task in api.lease(int(words[0]), int(words[1]))]))
    elif command == "release":
        api.release_all()
    elif command == "status":
        print(json.dumps([api.inserted, api.enqueued, api.completed, api.leased]))


main(*sys.argv[1:])
