"""What PostgreSQL's errors mean for the desk, in plain words.

Called wherever a connection is used. Nothing is lasting here: a server that cannot go on stops by
itself, and comes back with everything that it said to be safe.
"""

from __future__ import annotations

import asyncio

import asyncpg

from gateway.errors import StoreError, StoreUnavailable, StoreUnusable, VersionConflict

# Whoever loses against a neighbour does the same again.
LOST_A_RACE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,  # a newer program has changed a table since
)

# These are about one caller's statement or values; the transaction around it is begun anew.
OWN_FAULTS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.SyntaxOrAccessError,
)

# asyncpg's own: values that do not fit, and a connection whose end it has heard of in part.
_DRIVER = (asyncpg.InterfaceError, asyncpg.InternalClientError)

ANY_FAULT = (asyncpg.PostgresError, *_DRIVER, OSError, asyncio.TimeoutError)

# What a standby says to "BEGIN READ WRITE", and to whoever writes in spite of it.
_STANDBY = (asyncpg.FeatureNotSupportedError, asyncpg.ReadOnlySQLTransactionError)

_GONE = (*_DRIVER, OSError, asyncio.TimeoutError)


def is_gone(fault: BaseException) -> bool:
    """Tell whether a connection is of no use any more, or may be to a server that will not do."""
    return isinstance(
        fault,
        (
            *_GONE,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            *_STANDBY,
        ),
    )


def has_hung_up(fault: BaseException) -> bool:
    """Tell whether a server was there and has ended the connection, or has stopped since."""
    return is_gone(fault) and not isinstance(fault, asyncio.TimeoutError)


def unavailable(fault: BaseException) -> StoreUnavailable:
    """Return what a caller is told whose transaction died."""
    if isinstance(fault, asyncpg.InvalidCachedStatementError):
        return StoreUnavailable("the database's tables are being changed")
    if isinstance(fault, _STANDBY):
        return StoreUnavailable("the database only answers questions now: it is a standby")
    if isinstance(fault, asyncpg.LockNotAvailableError):
        return StoreUnavailable("the database is busy: another node holds what is needed")
    return StoreUnavailable(f"the database cannot be used now: {_said(fault)}")


def refused(fault: Exception) -> Exception:
    """Return what a caller is told whose own statement failed."""
    if isinstance(fault, asyncpg.UniqueViolationError):
        return VersionConflict(f"somebody else was first: {fault}")
    return fault


def at_opening(fault: Exception, place: str) -> StoreError:
    """Return what somebody is told who wanted to open a database; ``place`` holds no password."""
    if isinstance(fault, asyncpg.InvalidCatalogNameError):
        return StoreUnusable(f"{place}: there is no such database; make it with `createdb`")
    if isinstance(fault, asyncpg.InvalidAuthorizationSpecificationError):
        return StoreUnusable(f"{place}: {fault}; set PGPASSWORD, or write a pgpass file")
    if isinstance(fault, asyncpg.InsufficientPrivilegeError):
        return StoreUnusable(f"{place}: {fault}")
    if isinstance(fault, (ValueError, asyncpg.ClientConfigurationError)):
        return StoreUnusable(f"{place}: {fault}")
    return StoreUnavailable(f"{place}: it cannot be reached now: {_said(fault)}")


def _said(fault: BaseException) -> str:
    if isinstance(fault, asyncio.TimeoutError):
        return "it does not answer"
    if isinstance(fault, asyncpg.InternalClientError):
        return "it has ended the connection"
    return f"{fault}" or type(fault).__name__
