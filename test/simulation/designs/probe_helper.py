"""A module of the user's beside the tests."""


class Farewell:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("destroyed:", self.name, flush=True)


farewell = Farewell("helper module")
loops = Farewell("loop in helper module")
loops.itself = loops
