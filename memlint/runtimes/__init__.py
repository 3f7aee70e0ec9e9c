"""The memory models that memlint brings, one module a runtime, each imported when something in a container calls for it.

To add one: write `runtimes/<name>.py` with a class `Model` (see `memlint.api.Runtime`) and add a row to `_MODELS`.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib import import_module
from typing import ClassVar

from memlint.api import Known, Program, Reading, Runtime, Surroundings, hookimpl


class OnDemand:
    """A model that is imported only for a program that could be its own.

    `programs` are base names of argv[0] (a trailing * matches any rest); `images` are last parts of image names without tag
    (likewise); `variables` are names of environment variables that nobody else reads, `values` what begins a word in any variable;
    `runtimes` are what the image catalogue calls it.
    """

    def __init__(
        self,
        name: str,
        programs: Sequence[str] = (),
        images: Sequence[str] = (),
        variables: Sequence[str] = (),
        runtimes: Sequence[str] = (),
        values: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._programs = _Names(programs)
        self._images = _Names(images)
        self._variables = frozenset(variables)
        self._runtimes = frozenset(runtimes)
        self._values = tuple(values)
        self._model: Runtime | None = None

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        if not self._concerned(program, around):
            return None
        if self._model is None:
            module = import_module(f"memlint.runtimes.{self.name}")
            self._model = module.Model()
        return self._model.read(program, around)

    def _concerned(self, program: Program, around: Surroundings) -> bool:
        clues = _Clues.of(program, around)
        return (
            self._programs.meet(clues.programs)
            or clues.runtime in self._runtimes
            or self._images.meet(clues.images)
            or not self._variables.isdisjoint(program.env)
            or any(start in clues.values for start in self._values)
        )


class _Names:
    def __init__(self, names: Sequence[str]) -> None:
        self._exact = frozenset(name for name in names if not name.endswith("*"))
        self._starts = tuple(name[:-1] for name in names if name.endswith("*"))

    def meet(self, names: Collection[str]) -> bool:
        return not self._exact.isdisjoint(names) or (bool(self._starts) and any(name.startswith(self._starts) for name in names))


class _Clues:
    """What tells the models of a program apart. All of them ask for the same one in turn, so the last one is kept."""

    last: ClassVar["_Clues | None"] = None

    def __init__(self, program: Program, around: Surroundings) -> None:
        self.program = program
        self.around = around
        image = around.image
        words = [word.value.rsplit("/", 1)[-1] for word in program.words[1:4] if isinstance(word, Known)]
        self.programs = [name for name in (program.name, *words) if name]
        self.images = [_repository(base) for base in (*(image.bases if image is not None else ()), around.image_reference)]
        self.runtime = image.runtime if image is not None else None
        self.values = "\0".join(text.value for text in program.env.values() if isinstance(text, Known))

    @classmethod
    def of(cls, program: Program, around: Surroundings) -> "_Clues":
        found = cls.last
        if found is None or found.program is not program or found.around is not around:
            found = cls.last = _Clues(program, around)
        return found


@lru_cache(maxsize=1024)
def _repository(reference: str) -> str:
    """Return the last part of an image's name: `docker.io/library/redis:7@sha256:…` is `redis`."""
    return reference.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0]


# In order: the first model that knows a program bills it, so special ones stand before general ones.
_MODELS: tuple[OnDemand, ...] = (
    OnDemand(
        "redis",
        programs=("redis-server", "valkey-server", "keydb-server", "redis-sentinel", "valkey-sentinel", "dragonfly"),
        images=("redis", "valkey", "keydb", "redis-stack*", "redis-cluster", "valkey-cluster", "dragonfly"),
        runtimes=("redis", "valkey", "keydb", "dragonfly"),
    ),
    OnDemand("memcached", programs=("memcached",), images=("memcached",), runtimes=("memcached",)),
    OnDemand(
        "postgres",
        programs=("postgres", "postmaster"),
        images=("postgres", "postgresql*", "postgis", "pgvector", "timescaledb*", "spilo*"),
        runtimes=("postgres",),
    ),
    OnDemand(
        "mysql",
        programs=("mysqld", "mariadbd", "mysqld_safe", "mariadbd-safe"),
        images=("mysql", "mysql-server", "mariadb", "mariadb-galera", "percona*"),
        runtimes=("mysql", "mariadb"),
    ),
    OnDemand("mongodb", programs=("mongod",), images=("mongo", "mongodb", "mongodb-*", "percona-server-mongodb"), runtimes=("mongodb",)),
    OnDemand("rabbitmq", programs=("rabbitmq-server",), images=("rabbitmq",), runtimes=("rabbitmq (beam)",)),
    OnDemand(
        "clickhouse",
        programs=("clickhouse-server", "clickhouse"),
        images=("clickhouse", "clickhouse-server"),
        runtimes=("clickhouse",),
    ),
    OnDemand(
        "proxies",
        programs=("nginx", "openresty", "envoy", "varnishd"),
        images=("nginx", "nginx-unprivileged", "openresty", "envoy", "varnish"),
        runtimes=("nginx", "envoy c++", "varnish"),
    ),
    OnDemand(
        "jvm_stores",
        programs=(
            *("elasticsearch", "eswrapper", "opensearch", "solr", "solr-foreground", "cassandra", "neo4j"),
            *("kafka-server-start.sh", "jobmanager", "taskmanager", "standalone-job"),
        ),
        images=["elasticsearch", "opensearch", "solr", "kafka", "cp-kafka", "cassandra", "neo4j", "flink"],
    ),
    OnDemand(
        "jvm",
        programs=[
            "java",
            "javaw",
            "native-image",
            "catalina.sh",
            "mvn",
            "mvnw",
            "gradle",
            "gradlew",
            "run-java.sh",
            "kc.sh",
            "kafka-server-start.sh",
            "connect-distributed.sh",
            "zookeeper-server-start.sh",
            "zkServer.sh",
            "jenkins.sh",
            "standalone.sh",
            "logstash",
            "start-zipkin",
            "run-trino",
            "startup.sh",
        ],
        images=[
            "kafka*",
            "cp-*",
            "zookeeper*",
            "tomcat",
            "jenkins",
            "keycloak*",
            "wildfly*",
            "jetty",
            "zipkin*",
            "logstash*",
            "nacos-server",
            "crate",
            "minecraft-server",
            "nexus3",
            "activemq-classic",
            "skywalking-oap-server",
            "trino",
            "openjdk-*",
            "elasticsearch*",
            "opensearch",
            "solr",
            "cassandra",
            "neo4j",
            "flink",
            "spark*",
            "sonarqube",
            "tb-*",
        ],
        variables=[
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "_JAVA_OPTIONS",
            "JAVA_OPTS",
            "JAVA_HOME",
            "JVM_OPTS",
            "KAFKA_HEAP_OPTS",
            "ES_JAVA_OPTS",
            "OPENSEARCH_JAVA_OPTS",
            "LS_JAVA_OPTS",
            "CATALINA_OPTS",
            "JENKINS_JAVA_OPTS",
        ],
        values=("-Xmx", "-XX:Max"),
        runtimes=("jvm", "java", "openj9", "graalvm native"),
    ),
    OnDemand("supervisor", programs=("supervisord", "honcho", "foreman", "hivemind", "overmind", "forego")),
    OnDemand(
        "node",
        programs=[
            "node",
            "nodejs",
            "npm",
            "npx",
            "yarn",
            "pnpm",
            "pm2",
            "pm2-runtime",
            "pm2-docker",
            "next",
            "nest",
            "nuxt",
            "ts-node",
            "tsx",
            "nodemon",
            "react-scripts",
            "remix-serve",
            "vite",
            "gatsby",
            "strapi",
            "n8n",
            "cross-env",
        ],
        images=["node", "nodejs*", "n8n", "ghost", "kibana", "uptime-kuma", "mongo-express", "opensearch-dashboards"],
        variables=("NODE_OPTIONS",),
        runtimes=("node",),
    ),
    OnDemand(
        "python",
        programs=[
            "gunicorn",
            "uvicorn",
            "fastapi",
            "uwsgi",
            "uwsgi-core",
            "celery",
            "flask",
            "django-admin",
            "hypercorn",
            "daphne",
            "python*",
            "pypy*",
        ],
        images=("python", "uvicorn-gunicorn*", "meinheld-gunicorn*"),
        variables=("GUNICORN_CMD_ARGS",),
        runtimes=("python",),
    ),
    OnDemand(
        "php",
        programs=("php-fpm*", "php", "php8*", "php7*", "apache2-foreground"),
        images=("php", "wordpress", "nextcloud", "drupal", "matomo", "phpmyadmin"),
        variables=("PHP_MEMORY_LIMIT",),
        runtimes=("php-fpm", "php-apache", "php-apache (mod_php prefork)", "php-cli"),
    ),
    OnDemand(
        "ruby",
        programs=["ruby", "rails", "puma", "pumactl", "sidekiq", "unicorn", "unicorn_rails", "rackup", "rake", "irb"],
        images=("ruby", "redmine"),
        variables=("RAILS_ENV", "RAILS_MAX_THREADS", "RUBY_YJIT_ENABLE"),
        runtimes=("ruby", "ruby (puma)"),
    ),
    OnDemand(
        "erlang",
        programs=("beam.smp", "erl", "erlexec", "iex", "elixir", "mix"),
        images=("elixir", "erlang"),
        runtimes=("beam",),
    ),
    OnDemand(
        "dotnet",
        programs=("dotnet",),
        images=("aspnet", "runtime", "runtime-deps"),
        variables=(
            "DOTNET_RUNNING_IN_CONTAINER",
            "DOTNET_GCHeapHardLimit",
            "DOTNET_GCHeapHardLimitPercent",
            "COMPlus_GCHeapHardLimit",
            "DOTNET_gcServer",
        ),
        runtimes=("dotnet",),
    ),
    # Last: a Go program has a name of its own, so only its variables and its image tell.
    OnDemand("go", programs=("prometheus",), images=("prometheus",), variables=("GOMEMLIMIT", "GOGC", "AUTOMEMLIMIT"), runtimes=("go",)),
)


@hookimpl
def memlint_runtimes() -> Sequence[Runtime]:
    """Return the models that memlint brings."""
    return _MODELS
