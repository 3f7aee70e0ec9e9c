"""The memory models that memlint brings, one module a runtime, each imported when something in a container calls for it.

To add one: write `runtimes/<name>.py` with a class `Model` (see `memlint.api.Runtime`) and add a row to `_MODELS`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
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
        self.programs = programs
        self.images = images
        self.variables = variables
        self.runtimes = runtimes
        self.values = tuple(values)
        self._model: Runtime | None = None

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        if self not in _Concerned.by(program, around).models:
            return None
        if self._model is None:
            module = import_module(f"memlint.runtimes.{self.name}")
            self._model = module.Model()
        return self._model.read(program, around)


class _Names:
    """Which models a name calls for."""

    def __init__(self, rows: Iterable[tuple[OnDemand, Sequence[str]]]) -> None:
        self._exact: dict[str, list[OnDemand]] = {}
        self._starts: list[tuple[tuple[str, ...], OnDemand]] = []
        for model, names in rows:
            for name in names:
                if not name.endswith("*"):
                    self._exact.setdefault(name, []).append(model)
            starts = tuple(name[:-1] for name in names if name.endswith("*"))
            if starts:
                self._starts.append((starts, model))

    def of(self, name: str) -> Iterator[OnDemand]:
        if name:
            yield from self._exact.get(name, ())
            for starts, model in self._starts:
                if name.startswith(starts):
                    yield model


class _Index:
    def __init__(self, models: Sequence[OnDemand]) -> None:
        self.programs = _Names((model, model.programs) for model in models)
        self.images = _Names((model, model.images) for model in models)
        self.variables = _Names((model, model.variables) for model in models)
        self.runtimes = _Names((model, model.runtimes) for model in models)
        self.values = [(model.values, model) for model in models if model.values]


class _Concerned:
    """The models that could know a program. All of them ask for the same one in turn, so the last one is kept."""

    last: ClassVar["_Concerned | None"] = None

    def __init__(self, program: Program, around: Surroundings) -> None:
        self.program = program
        self.around = around
        self.models: set[OnDemand] = set()
        index, image, found = _index(), around.image, self.models
        for word in program.words[1:4]:
            if isinstance(word, Known):
                found.update(index.programs.of(word.value.rsplit("/", 1)[-1]))
        found.update(index.programs.of(program.name))
        for reference in (*(image.bases if image is not None else ()), around.image_reference):
            found.update(index.images.of(_repository(reference)))
        found.update(index.runtimes.of(image.runtime or "" if image is not None else ""))
        for name in program.env:
            found.update(index.variables.of(name))
        if program.env:
            texts = "\0".join(text.value for text in program.env.values() if isinstance(text, Known))
            found.update(model for values, model in index.values if any(start in texts for start in values))

    @classmethod
    def by(cls, program: Program, around: Surroundings) -> "_Concerned":
        found = cls.last
        if found is None or found.program is not program or found.around is not around:
            found = cls.last = _Concerned(program, around)
        return found


@cache
def _index() -> _Index:
    return _Index(_MODELS)


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
