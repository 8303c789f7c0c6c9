"""The house with dashboards."""

from muster.testing.dashboardhouse import DATABASE, DashboardHouse


async def test_what_is_written_is_asked(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        now_ns = house.clock.now_ns()
        await house.write(DATABASE, f"m v=7 {now_ns - 10**9}".encode())
        found = await house.panel(house.last(), "SELECT last(v) FROM m WHERE $timeFilter")

    assert found.answers[0].series[0].columns[0].values == [7.0]
