import GRDB

/// The tables, and how older ones become them. A migration that was released never changes.
///
/// Moments are milliseconds since 1970. The SQL is of the subset that SQLite and PostgreSQL both take.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 access") { database in
            for statement in access { try database.execute(sql: statement) }
        }
        migrator.registerMigration("2 ledger") { database in
            for statement in ledger { try database.execute(sql: statement) }
        }
        migrator.registerMigration("3 grants") { database in
            for statement in grants { try database.execute(sql: statement) }
        }
        migrator.registerMigration("4 prices") { database in
            for statement in prices { try database.execute(sql: statement) }
        }
        migrator.registerMigration("5 management_roles") { database in
            for statement in roles { try database.execute(sql: statement) }
        }
        migrator.registerMigration("6 idempotency") { database in
            for statement in idempotency { try database.execute(sql: statement) }
        }
        migrator.registerMigration("7 leaks") { database in
            for statement in leaks { try database.execute(sql: statement) }
        }
        migrator.registerMigration("8 audit_chain") { database in
            for statement in auditChain { try database.execute(sql: statement) }
        }
        migrator.registerMigration("9 token_life") { database in
            for statement in tokenLife { try database.execute(sql: statement) }
        }
        migrator.registerMigration("10 credentials") { database in
            for statement in credentials { try database.execute(sql: statement) }
        }
        migrator.registerMigration("11 invitations") { database in
            for statement in invitations { try database.execute(sql: statement) }
        }
        migrator.registerMigration("12 alarms") { database in
            for statement in alarms { try database.execute(sql: statement) }
        }
        migrator.registerMigration("13 usage_groups") { database in
            for statement in usageGroups { try database.execute(sql: statement) }
        }
        migrator.registerMigration("14 living_access_tokens") { database in
            for statement in livingAccessTokens { try database.execute(sql: statement) }
        }
        migrator.registerMigration("15 project_access") { database in
            for statement in projectAccess { try database.execute(sql: statement) }
        }
        migrator.registerMigration("16 limit_periods") { database in
            for statement in limitPeriods { try database.execute(sql: statement) }
        }
        migrator.registerMigration("17 pending_objects") { database in
            for statement in pendingObjects { try database.execute(sql: statement) }
        }
        migrator.registerMigration("18 unpriced_usage") { database in
            for statement in unpricedUsage { try database.execute(sql: statement) }
        }
        migrator.registerMigration("19 descriptions") { database in
            for statement in descriptions { try database.execute(sql: statement) }
        }
        return migrator
    }

    private static let access = [
        """
        CREATE TABLE vault_keys (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL CHECK (version >= 1),
            sealed BYTEA NOT NULL CHECK (length(sealed) > 0)
        )
        """,
        """
        CREATE TABLE projects (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 17),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
            upstream TEXT NOT NULL CHECK (length(upstream) BETWEEN 1 AND 4096),
            state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'archived')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX projects_name ON projects (name)",
        "CREATE INDEX projects_created ON projects (created_at, id)",
        """
        CREATE TABLE upstream_credentials (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 17),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            version INTEGER NOT NULL CHECK (version >= 1),
            sealed BYTEA NOT NULL CHECK (length(sealed) > 0),
            created_at BIGINT NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX upstream_credentials_project ON upstream_credentials (project)",
        """
        CREATE TABLE access_tokens (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            expired_at BIGINT CHECK (expired_at IS NULL OR expires_at IS NOT NULL),
            revoked_at BIGINT
        )
        """,
        "CREATE UNIQUE INDEX access_tokens_hash ON access_tokens (hash)",
        "CREATE INDEX access_tokens_created ON access_tokens (created_at, id)",
        "CREATE INDEX access_tokens_project ON access_tokens (project, created_at, id)",
        """
        CREATE TABLE management_keys (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            created_at BIGINT NOT NULL,
            revoked_at BIGINT
        )
        """,
        "CREATE UNIQUE INDEX management_keys_hash ON management_keys (hash)",
        """
        CREATE TABLE audit_events (
            seq BIGINT NOT NULL PRIMARY KEY CHECK (seq >= 1),
            at BIGINT NOT NULL,
            principal TEXT NOT NULL CHECK (length(principal) > 0),
            action TEXT NOT NULL CHECK (length(action) > 0),
            subject TEXT NOT NULL,
            details TEXT NOT NULL
        )
        """,
    ]
}
