"""Points as the home stack's Telegraf and our own agent make them: line protocol for tests.

Two machines, three hours, a point a minute; a failing web page, a lost ping, a disk that wears.
Source: specification, section 11 (Telegraf's inputs)
"""

from collections.abc import Iterator

from muster.clock import SECOND_NS

HOSTS = ("alder", "birch")
PINGS = ("8.8.4.4", "www.example.com")
PAGES = ("https://www.example.com/", "https://shop.example.com/start")
MINUTES = 180
_MINUTE_NS = 60 * SECOND_NS
_GIB = 1 << 30


def lines(end_ns: int) -> bytes:
    """All of it, up to a time. Units: timestamps in ns."""
    start_ns = end_ns - MINUTES * _MINUTE_NS
    every = [
        line
        for minute in range(MINUTES)
        for line in _minute(minute, start_ns + minute * _MINUTE_NS)
    ]
    return "\n".join(every).encode()


def _minute(minute: int, time_ns: int) -> Iterator[str]:
    for host in HOSTS:
        yield from _system(host, minute, time_ns)
    yield from _probes(minute, time_ns)
    if minute % 60 == 0:
        for host in HOSTS:
            yield from _smart(host, minute, time_ns)


def _system(host: str, minute: int, time_ns: int) -> Iterator[str]:
    yield f"system,host={host} uptime={3600 + 60 * minute}i {time_ns}"
    yield f"system,host={host} load1=0.5,load5=0.7,load15={0.5 + minute / 100},n_cpus=2i {time_ns}"
    used = (2 + minute % 3) * _GIB
    yield (
        f"mem,host={host} used={used}i,total={8 * _GIB}i,used_percent={used / _GIB * 12.5},"
        f"swap_total={2 * _GIB}i,swap_free={_GIB}i {time_ns}"
    )
    yield f"swap,host={host} used_percent=50,total={2 * _GIB}i,used={_GIB}i {time_ns}"
    for cpu in ("cpu-total", "cpu0", "cpu1"):
        yield f"cpu,host={host},cpu={cpu} usage_idle={60 + minute % 30} {time_ns}"
    for path, share in (("/", 40), ("/home", 96)):
        yield (
            f"disk,host={host},path={path},fstype=ext4,device=sda1 used={share * _GIB}i,"
            f"total={100 * _GIB}i,used_percent={share} {time_ns}"
        )
    cd = f"host={host},path=/cd,fstype=udf,device=sr0"
    yield f"disk,{cd} used=1i,total=1i,used_percent=100 {time_ns}"
    for interface in ("eth0", "veth12"):
        yield (
            f"net,host={host},interface={interface} bytes_recv={minute * 1000}i,"
            f"bytes_sent={minute * 500}i,err_in=1i,err_out=2i,drop_in=3i,drop_out=4i {time_ns}"
        )
    if host == HOSTS[0]:
        yield (
            f"apcupsd,host={host},ups_name=hall time_left_ns={600 * SECOND_NS}i,"
            f"time_on_battery_ns=0i {time_ns}"
        )
        yield f"docker,host={host},engine_host={host} n_containers_running=3i {time_ns}"
        yield f"nvidia_smi,host={host},index=0 utilization_gpu={minute % 100}i {time_ns}"


def _probes(minute: int, time_ns: int) -> Iterator[str]:
    for url in PINGS:
        if url == PINGS[1] and minute == 90:
            yield f"ping,host=alder,url={url} result_code=1i {time_ns}"
            continue
        yield (
            f"ping,host=alder,url={url} maximum_response_ms={10 + minute % 7},"
            f"percent_packet_loss={50 if minute == 30 else 0},result_code=0i {time_ns}"
        )
    for page in PAGES:
        fails = page == PAGES[1] and minute in (60, 61)
        tags = f"host=alder,server={page},method=GET,result={'timeout' if fails else 'success'}"
        if fails:
            yield f"http_response,{tags} result_code=4i {time_ns}"
            continue
        yield (
            f"http_response,{tags},status_code=200 response_time={0.1 + minute % 5 / 10},"
            f"http_response_code=200i,response_string_match=1i,result_code=0i {time_ns}"
        )
    yield (
        f"dns_query,host=alder,server=9.9.9.9,domain=example.com,record_type=A"
        f" query_time_ms={5 + minute % 3},result_code=0i {time_ns}"
    )


def _smart(host: str, minute: int, time_ns: int) -> Iterator[str]:
    for device in ("sda", "sdb"):
        tags = f"host={host},device={device},model=Disk-1,serial_no={host}{device}"
        counts = f"power_on_hours={minute}i,power_cycle_count=7i"
        yield f"smart_device,{tags} health_ok=true,temp_c=41i,{counts} {time_ns}"
        for id, name, raw in (
            (5, "Reallocated_Sector_Ct", minute // 60),
            (9, "Power_On_Hours", 4000),
        ):
            yield (
                f"smart_attribute,{tags},id={id},name={name},fail=-,flags=PO--CK"
                f" value=100i,worst=99i,threshold=10i,raw_value={raw}i {time_ns}"
            )
