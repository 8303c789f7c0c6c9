"""Settings of all tests: what hypothesis tries is the same on every run and has no clock."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "muster", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("muster")
