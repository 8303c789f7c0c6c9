"""The order in which Go's sort leaves values that are equal, which clients of InfluxDB see.

`mode` and `percentile` sort their points by value; which of several with one value is where, and
so whose time and fields are shown, follows from the steps of the sort alone. So they are the same
here. Source: sort.Sort of Go 1.19 (pattern-defeating quicksort), which InfluxDB 1.6.7 is built by.
"""

from collections.abc import Sequence

from muster.influxql.values.columns import Bools, Ints

MOST_ROWS = 20_000  # of one sort; more are left in the order in which they came
_MOST_INSERTED = 12
_SHORTEST_NINTHER = 50
_SHORTEST_SHIFTED = 50
_MOST_SHIFTS = 5
_ALL_SWAPPED = 12
_WORD = (1 << 64) - 1


def sorted_rows(keys: Sequence[int]) -> list[int]:
    """The rows of the keys in the order that Go gives them."""
    sort = _Sort(keys)
    sort.run(0, len(keys), len(keys).bit_length())
    return sort.rows


def moves_equal(counts: Ints) -> Bools:
    """For how many values `sorted_rows` is to say where equal ones are; others stay in order."""
    found: Bools = (counts > _MOST_INSERTED) & (counts <= MOST_ROWS)
    return found


class _Sort:
    """Both lists are sorted alike. Shapes: a range is [begin, end)."""

    def __init__(self, keys: Sequence[int]) -> None:
        self.keys = list(keys)
        self.rows = list(range(len(keys)))

    def run(self, begin: int, end: int, limit: int) -> None:
        """`limit` is how often a pivot may be bad."""
        keys = self.keys
        balanced = partitioned = True
        while (length := end - begin) > _MOST_INSERTED:
            if not limit:
                self._by_heap(begin, end)
                return
            if not balanced:
                self._scatter(begin, end)
                limit -= 1
            pivot, swaps = self._pivot(begin, end)
            ascends = not swaps
            if swaps == _ALL_SWAPPED:
                self._reverse(begin, end)
                pivot, ascends = end - 1 - (pivot - begin), True
            if balanced and partitioned and ascends and self._nearly_sorted(begin, end):
                return
            if begin > 0 and keys[begin - 1] >= keys[pivot]:
                begin = self._past_equal(begin, end, pivot)
                continue
            middle, partitioned = self._partition(begin, end, pivot)
            left, right = middle - begin, end - middle
            balanced = min(left, right) >= length // 8
            if left < right:
                self.run(begin, middle, limit)
                begin = middle + 1
            else:
                self.run(middle + 1, end, limit)
                end = middle
        self._insert(begin, end)

    def _swap(self, one: int, other: int) -> None:
        keys, rows = self.keys, self.rows
        keys[one], keys[other] = keys[other], keys[one]
        rows[one], rows[other] = rows[other], rows[one]

    def _insert(self, begin: int, end: int) -> None:
        for place in range(begin + 1, end):
            self._sink(place, begin)

    def _sink(self, place: int, least: int) -> None:
        """Towards the front as long as it is less than the one before."""
        while place > least and self.keys[place] < self.keys[place - 1]:
            self._swap(place, place - 1)
            place -= 1

    def _by_heap(self, begin: int, end: int) -> None:
        size = end - begin
        for root in range((size - 1) // 2, -1, -1):
            self._down(root, size, begin)
        for last in range(size - 1, -1, -1):
            self._swap(begin, begin + last)
            self._down(0, last, begin)

    def _down(self, root: int, size: int, first: int) -> None:
        keys = self.keys
        while (child := 2 * root + 1) < size:
            if child + 1 < size and keys[first + child] < keys[first + child + 1]:
                child += 1
            if keys[first + root] >= keys[first + child]:
                return
            self._swap(first + root, first + child)
            root = child

    def _partition(self, begin: int, end: int, pivot: int) -> tuple[int, bool]:
        """Where the pivot is then, and whether it was so before."""
        self._swap(begin, pivot)
        keys, key = self.keys, self.keys[begin]
        low, high = begin + 1, end - 1
        swapped = False
        while True:
            while low <= high and keys[low] < key:
                low += 1
            while low <= high and keys[high] >= key:
                high -= 1
            if low > high:
                break
            self._swap(low, high)
            swapped = True
            low += 1
            high -= 1
        self._swap(high, begin)
        return high, not swapped

    def _past_equal(self, begin: int, end: int, pivot: int) -> int:
        """Where what is greater than the pivot begins, of a range without anything less."""
        self._swap(begin, pivot)
        keys, key = self.keys, self.keys[begin]
        low, high = begin + 1, end - 1
        while True:
            while low <= high and keys[low] <= key:
                low += 1
            while low <= high and keys[high] > key:
                high -= 1
            if low > high:
                return low
            self._swap(low, high)
            low += 1
            high -= 1

    def _nearly_sorted(self, begin: int, end: int) -> bool:
        """Whether a few shifts have sorted it."""
        keys, place = self.keys, begin + 1
        for _ in range(_MOST_SHIFTS):
            while place < end and keys[place] >= keys[place - 1]:
                place += 1
            if place == end:
                return True
            if end - begin < _SHORTEST_SHIFTED:
                return False
            self._swap(place, place - 1)
            if place - begin >= 2:
                self._sink(place - 1, 0)
            if end - place >= 2:
                self._rise(place + 1, end)
        return False

    def _rise(self, place: int, end: int) -> None:
        while place < end and self.keys[place] < self.keys[place - 1]:
            self._swap(place, place - 1)
            place += 1

    def _scatter(self, begin: int, end: int) -> None:
        length = end - begin
        random, mask = length, (1 << length.bit_length()) - 1
        middle = begin + length // 4 * 2
        for place in range(middle - 1, middle + 2):
            random ^= random << 13 & _WORD
            random ^= random >> 17
            random ^= random << 5 & _WORD
            other = random & mask
            self._swap(place, begin + (other - length if other >= length else other))

    def _pivot(self, begin: int, end: int) -> tuple[int, int]:
        """A place, and how many pairs were the wrong way round."""
        quarter = (end - begin) // 4
        places = [begin + quarter, begin + 2 * quarter, begin + 3 * quarter]
        swaps = 0
        if end - begin >= _SHORTEST_NINTHER:
            for number, place in enumerate(places):
                places[number], more = self._median(place - 1, place, place + 1)
                swaps += more
        pivot, more = self._median(*places)
        return pivot, swaps + more

    def _median(self, one: int, two: int, three: int) -> tuple[int, int]:
        keys, swaps = self.keys, 0
        if keys[two] < keys[one]:
            one, two, swaps = two, one, 1
        if keys[three] < keys[two]:
            two, three, swaps = three, two, swaps + 1
        if keys[two] < keys[one]:
            one, two, swaps = two, one, swaps + 1
        return two, swaps

    def _reverse(self, begin: int, end: int) -> None:
        self.keys[begin:end] = self.keys[begin:end][::-1]
        self.rows[begin:end] = self.rows[begin:end][::-1]
