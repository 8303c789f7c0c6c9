# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.promql.sweeps: each window in one go, digit by digit as the plain ones."""

import numpy as np

from libc.math cimport NAN, fabs, isfinite, isinf, isnan
from libc.stdint cimport int64_t, uint8_t
from libcpp.vector cimport vector

cdef extern from "<algorithm>" namespace "std" nogil:
    const int64_t* upper_bound(const int64_t*, const int64_t*, int64_t)

cdef extern from *:
    """
    #include <cstring>
    static inline bool is_mark(double value) { /* of the end of a series */
        uint64_t bits;
        std::memcpy(&bits, &value, 8);
        return bits == 0x7FF0000000000002;
    }
    """
    bint is_mark(double) noexcept nogil

cdef enum:
    RATE, INCREASE, DELTA, TOTAL, MEAN, LEAST, MOST, VARIANCE, LINE, LINE_HERE

cdef double NEAR = 1.1
cdef int64_t LOOKS = 20_000_000  # samples after which it is asked whether anybody still waits

ctypedef const double* Values
ctypedef const int64_t* Times

cdef struct Pair:
    double total
    double lost

cdef struct Line:
    double slope
    double intercept


cdef inline void add(Pair* into, double more) noexcept nogil:
    cdef double total = into.total
    cdef double after = total + more
    if fabs(total) >= fabs(more):
        into.lost += (total - after) + more
    else:
        into.lost += (more - after) + total
    into.total = after


cdef inline double both(Pair* of) noexcept nogil:
    return of.total + of.lost


cdef inline double settled(Pair* of) noexcept nogil:
    return of.total if isinf(of.total) else of.total + of.lost


cdef double total_of(Values values, int64_t size) noexcept nogil:
    cdef Pair state = Pair(0, 0)
    cdef int64_t at
    for at in range(size):
        add(&state, values[at])
    return settled(&state)


cdef double mean_of(Values values, int64_t size) noexcept nogil:
    cdef Pair state = Pair(0, 0)
    cdef double before, value, number
    cdef int64_t at
    for at in range(size):
        before, value, number = state.total, values[at], <double>(at + 1)
        if isinf(before) and (isfinite(value) or (isinf(value) and (before > 0) == (value > 0))):
            continue
        add(&state, value / number - before / number)
    return settled(&state)


cdef int64_t extremes_of(
    bint is_most, Values values, const int64_t* begun, const int64_t* done, Py_ssize_t count,
    double* out, uint8_t* there,
) noexcept nogil:
    """Windows begin and end later and later, so that each sample is looked at once."""
    cdef vector[int64_t] best  # places from `head` on: none is beaten by one behind it
    cdef size_t head = 0
    cdef int64_t at = 0
    cdef double value
    cdef Py_ssize_t step
    for step in range(count):
        if done[step] <= begun[step]:
            continue
        there[step] = 1
        at = max(at, begun[step])
        while at < done[step]:
            value = values[at]
            if not isnan(value):
                while best.size() > head and (
                    values[best.back()] < value if is_most else values[best.back()] > value
                ):
                    best.pop_back()
                best.push_back(at)
            at += 1
        while head < best.size() and best[head] < begun[step]:
            head += 1
        out[step] = values[best[head]] if head < best.size() else NAN
    return at + count


cdef double variance_of(Values values, int64_t size) noexcept nogil:
    cdef Pair middle = Pair(0, 0)
    cdef Pair spread = Pair(0, 0)
    cdef double delta
    cdef int64_t at
    for at in range(size):
        delta = values[at] - both(&middle)
        add(&middle, delta / <double>(at + 1))
        add(&spread, delta * (values[at] - both(&middle)))
    return both(&spread) / <double>size


cdef Line line_of(Values values, Times times, int64_t size, double origin) noexcept nogil:
    cdef Pair sum_x = Pair(0, 0)
    cdef Pair sum_y = Pair(0, 0)
    cdef Pair sum_xy = Pair(0, 0)
    cdef Pair sum_xx = Pair(0, 0)
    cdef double x, y, xy, xx, begun = values[0], number = <double>size
    cdef bint level = True
    cdef int64_t at
    cdef Line found
    for at in range(size):
        if at and not values[at] == begun:
            level = False
        x = (<double>times[at] - origin) / 1e3
        add(&sum_x, x)
        add(&sum_y, values[at])
        add(&sum_xy, x * values[at])
        add(&sum_xx, x * x)
    x, y, xy, xx = both(&sum_x), both(&sum_y), both(&sum_xy), both(&sum_xx)
    if level:
        found.slope = NAN if isinf(begun) else 0.0
        found.intercept = NAN if isinf(begun) else begun
    else:
        found.slope = (xy - x * y / number) / (xx - x * x / number)
        found.intercept = y / number - found.slope * x / number
    return found


cdef inline double drawn(
    double sampled_s, double start_s, double end_s, double mean_s, double over_s
) noexcept nogil:
    cdef double whole_s = sampled_s + (start_s if start_s < mean_s * NEAR else mean_s / 2)
    whole_s = whole_s + (end_s if end_s < mean_s * NEAR else mean_s / 2)
    cdef double factor = whole_s / sampled_s
    return factor / over_s if over_s != 0 else factor


def sweep(
    int what, const double[::1] values, const int64_t[::1] times, const int64_t[::1] time_from,
    const int64_t[::1] group, const int64_t[::1] value_from, const int64_t[:, ::1] begun,
    const int64_t[:, ::1] done, const int64_t[::1] ends, const int64_t[::1] steps,
    int64_t range_ms, double over_s, look,
):
    """See muster.promql.sweeps."""
    cdef Py_ssize_t series = group.shape[0], count = ends.shape[0], row, step
    made, other = np.zeros((series, count)), np.zeros((series if what >= LINE else 0, count))
    held = np.zeros((series, count), np.bool_)
    if not series or not count or not values.shape[0]:
        return made, held, other
    cdef double[:, ::1] out = made, more = other
    cdef uint8_t[:, ::1] there = held.view(np.uint8)
    cdef int64_t of, first, size, begin, work = 0
    cdef int64_t least = 2 if what <= DELTA or what >= LINE else 1
    cdef Values own
    cdef Times when
    cdef Line line
    with nogil:
        for row in range(series):
            of = group[row]
            own, when = &values[0] + value_from[row], &times[0] + time_from[of]
            if what <= DELTA:
                work += rates_of(
                    what, own, when, &begun[of, 0], &done[of, 0], &ends[0], count, range_ms,
                    over_s, &out[row, 0], &there[row, 0],
                )
            elif what == LEAST or what == MOST:
                work += extremes_of(
                    what == MOST, own, &begun[of, 0], &done[of, 0], count, &out[row, 0],
                    &there[row, 0],
                )
            else:
                for step in range(count):
                    begin = begun[of, step]
                    size = done[of, step] - begin
                    work += size
                    if size < least:
                        continue
                    there[row, step] = 1
                    if what == TOTAL:
                        out[row, step] = total_of(own + begin, size)
                    elif what == MEAN:
                        out[row, step] = mean_of(own + begin, size)
                    elif what == VARIANCE:
                        out[row, step] = variance_of(own + begin, size)
                    else:
                        first = when[begin] if what == LINE else steps[step]
                        line = line_of(own + begin, when + begin, size, <double>first)
                        out[row, step] = line.slope
                        more[row, step] = line.intercept
            if work > LOOKS:
                work = 0
                with gil:
                    look()
    return made, held, other


cdef int64_t rates_of(
    int what, Values values, Times times, const int64_t* begun, const int64_t* done,
    const int64_t* ends, Py_ssize_t count, int64_t range_ms, double over_s, double* out,
    uint8_t* there,
) noexcept nogil:
    cdef vector[int64_t] falls
    cdef int64_t at, begin, last, until = 0, work = 0
    cdef size_t fall, passed = 0
    cdef double found, start_s, end_s, sampled_s, mean_s, zero_s, held
    cdef bint is_counter = what != DELTA
    cdef Py_ssize_t step
    for step in range(count):
        until = max(until, done[step])
    if is_counter:
        for at in range(begun[0] + 1, until):
            if values[at] < values[at - 1]:
                falls.push_back(at)
    for step in range(count):
        begin, last = begun[step], done[step] - 1
        if last <= begin:
            continue
        there[step] = 1
        held = values[begin]
        found = values[last] - held
        if is_counter:
            found = found + 0.0
            while passed < falls.size() and falls[passed] <= begin:
                passed += 1  # windows begin later and later
            fall = passed
            while fall < falls.size() and falls[fall] <= last:
                found += values[falls[fall] - 1]
                fall += 1
                work += 1
        start_s = <double>(times[begin] - (ends[step] - range_ms)) / 1000
        end_s = <double>(ends[step] - times[last]) / 1000
        sampled_s = <double>(times[last] - times[begin]) / 1000
        mean_s = sampled_s / <double>(last - begin)
        if is_counter and found > 0 and held >= 0:
            zero_s = sampled_s * (held / found)
            if zero_s < start_s:
                start_s = zero_s
        out[step] = found * drawn(sampled_s, start_s, end_s, mean_s, over_s)
    return until + count + work


def newest(
    const double[::1] values, const int64_t[::1] times, const int64_t[::1] time_from,
    const int64_t[::1] counts, const int64_t[::1] group, const int64_t[::1] value_from,
    const int64_t[::1] moments, int64_t lookback_ms,
):
    """See muster.promql.selecting."""
    cdef Py_ssize_t series = group.shape[0], steps = moments.shape[0], row, step
    found, held = np.empty((series, steps)), np.empty((series, steps), np.bool_)
    when = np.empty((series, steps), np.int64)
    cdef double[:, ::1] out = found
    cdef uint8_t[:, ::1] there = held.view(np.uint8)
    cdef int64_t[:, ::1] at = when
    cdef vector[int64_t] places
    cdef int64_t of = -1, place, count
    cdef const int64_t* known = NULL
    places.resize(steps)
    with nogil:
        for row in range(series):
            if group[row] != of:
                of = group[row]
                known, count = times_at(times, time_from[of]), counts[of]
                for step in range(steps):
                    place = upper_bound(known, known + count, moments[step]) - known - 1
                    if place >= 0 and known[place] < moments[step] - lookback_ms:
                        place = -1
                    places[step] = place
            for step in range(steps):
                place = places[step]
                out[row, step] = values[value_from[row] + place] if place >= 0 else 0
                at[row, step] = known[place] if place >= 0 else 0
                there[row, step] = place >= 0 and not is_mark(out[row, step])
    return found, held, when


cdef inline const int64_t* times_at(const int64_t[::1] times, int64_t place) noexcept nogil:
    return &times[0] + place if times.shape[0] else NULL


def summed(const double[:, :] values, const uint8_t[:, :] there, const int64_t[::1] owners, int groups):
    """See muster.promql.sweeps."""
    cdef Py_ssize_t count = values.shape[1], row, step
    cdef int64_t owner
    sums, counts = np.full((groups, count), -0.0), np.zeros((groups, count), np.int64)
    cdef double[:, ::1] total = sums
    cdef int64_t[:, ::1] number = counts
    with nogil:
        for row in range(values.shape[0]):
            owner = owners[row]
            for step in range(count):
                if there[row, step]:
                    total[owner, step] += values[row, step]
                    number[owner, step] += 1
    return sums, counts
