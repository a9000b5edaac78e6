import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace vitrine. */
export namespace vitrine {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a ProfileRecord.
         * @deprecated Use vitrine.v1.ProfileRecord.$Properties instead.
         */
        interface IProfileRecord extends vitrine.v1.ProfileRecord.$Properties {
        }

        /** Represents a ProfileRecord. */
        class ProfileRecord {

            /**
             * Constructs a new ProfileRecord.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.ProfileRecord.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ProfileRecord revision. */
            revision?: (number|Long|null);

            /** ProfileRecord layout. */
            layout: number;

            /** ProfileRecord firstSeenAtMs. */
            firstSeenAtMs: (number|Long);

            /** ProfileRecord lastSeenAtMs. */
            lastSeenAtMs: (number|Long);

            /** ProfileRecord recent. */
            recent: vitrine.v1.RecentItems.$Properties[];

            /** ProfileRecord eventCounts. */
            eventCounts: number[];

            /** ProfileRecord interestLandmarkMs. */
            interestLandmarkMs: number;

            /** ProfileRecord interests. */
            interests: vitrine.v1.Interests.$Properties[];

            /** ProfileRecord purchases. */
            purchases?: (vitrine.v1.Purchases.$Properties|null);

            /** ProfileRecord device. */
            device: string;

            /** ProfileRecord attributeNames. */
            attributeNames: string[];

            /** ProfileRecord attributeValues. */
            attributeValues: string[];

            /** ProfileRecord eventHashes. */
            eventHashes: (number|Long)[];

            /** ProfileRecord eventMemory. */
            eventMemory?: (vitrine.v1.EventMemory.$Properties|null);

            /** ProfileRecord deviceAtMs. */
            deviceAtMs: (number|Long);

            /** ProfileRecord visits. */
            visits: vitrine.v1.Visit.$Properties[];

            /** ProfileRecord activeHours. */
            activeHours: number[];

            /** ProfileRecord rhythms. */
            rhythms: vitrine.v1.CategoryRhythm.$Properties[];

            /** ProfileRecord discountedOrderCount. */
            discountedOrderCount: number;

            /** ProfileRecord consent. */
            consent?: (vitrine.v1.Consent.$Properties|null);

            /** ProfileRecord optOut. */
            optOut?: (vitrine.v1.OptOut.$Properties|null);

            /** ProfileRecord deletedTags. */
            deletedTags: string[];

            /** ProfileRecord erasedAtMs. */
            erasedAtMs: (number|Long);

            /** ProfileRecord joinedSessions. */
            joinedSessions: vitrine.v1.JoinedSession.$Properties[];

            /** ProfileRecord joinedTo. */
            joinedTo?: (vitrine.v1.JoinedTo.$Properties|null);

            /**
             * Encodes the specified ProfileRecord message. Does not implicitly {@link vitrine.v1.ProfileRecord.verify|verify} messages.
             * @param message ProfileRecord message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.ProfileRecord.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ProfileRecord message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.ProfileRecord & vitrine.v1.ProfileRecord.$Shape} ProfileRecord
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.ProfileRecord & vitrine.v1.ProfileRecord.$Shape;
        }

        namespace ProfileRecord {

            /** Properties of a ProfileRecord. */
            interface $Properties {

                /** ProfileRecord revision */
                revision?: (number|Long|null);

                /** ProfileRecord layout */
                layout?: (number|null);

                /** ProfileRecord firstSeenAtMs */
                firstSeenAtMs?: (number|Long|null);

                /** ProfileRecord lastSeenAtMs */
                lastSeenAtMs?: (number|Long|null);

                /** ProfileRecord recent */
                recent?: (vitrine.v1.RecentItems.$Properties[]|null);

                /** ProfileRecord eventCounts */
                eventCounts?: (number[]|null);

                /** ProfileRecord interestLandmarkMs */
                interestLandmarkMs?: (number|null);

                /** ProfileRecord interests */
                interests?: (vitrine.v1.Interests.$Properties[]|null);

                /** ProfileRecord purchases */
                purchases?: (vitrine.v1.Purchases.$Properties|null);

                /** ProfileRecord device */
                device?: (string|null);

                /** ProfileRecord attributeNames */
                attributeNames?: (string[]|null);

                /** ProfileRecord attributeValues */
                attributeValues?: (string[]|null);

                /** ProfileRecord eventHashes */
                eventHashes?: ((number|Long)[]|null);

                /** ProfileRecord eventMemory */
                eventMemory?: (vitrine.v1.EventMemory.$Properties|null);

                /** ProfileRecord deviceAtMs */
                deviceAtMs?: (number|Long|null);

                /** ProfileRecord visits */
                visits?: (vitrine.v1.Visit.$Properties[]|null);

                /** ProfileRecord activeHours */
                activeHours?: (number[]|null);

                /** ProfileRecord rhythms */
                rhythms?: (vitrine.v1.CategoryRhythm.$Properties[]|null);

                /** ProfileRecord discountedOrderCount */
                discountedOrderCount?: (number|null);

                /** ProfileRecord consent */
                consent?: (vitrine.v1.Consent.$Properties|null);

                /** ProfileRecord optOut */
                optOut?: (vitrine.v1.OptOut.$Properties|null);

                /** ProfileRecord deletedTags */
                deletedTags?: (string[]|null);

                /** ProfileRecord erasedAtMs */
                erasedAtMs?: (number|Long|null);

                /** ProfileRecord joinedSessions */
                joinedSessions?: (vitrine.v1.JoinedSession.$Properties[]|null);

                /** ProfileRecord joinedTo */
                joinedTo?: (vitrine.v1.JoinedTo.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ProfileRecord. */
            type $Shape = vitrine.v1.ProfileRecord.$Properties;
        }

        /**
         * Properties of a JoinedSession.
         * @deprecated Use vitrine.v1.JoinedSession.$Properties instead.
         */
        interface IJoinedSession extends vitrine.v1.JoinedSession.$Properties {
        }

        /** Represents a JoinedSession. */
        class JoinedSession {

            /**
             * Constructs a new JoinedSession.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.JoinedSession.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** JoinedSession sessionId. */
            sessionId: string;

            /** JoinedSession joinId. */
            joinId: (number|Long);

            /**
             * Encodes the specified JoinedSession message. Does not implicitly {@link vitrine.v1.JoinedSession.verify|verify} messages.
             * @param message JoinedSession message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.JoinedSession.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a JoinedSession message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.JoinedSession & vitrine.v1.JoinedSession.$Shape} JoinedSession
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.JoinedSession & vitrine.v1.JoinedSession.$Shape;
        }

        namespace JoinedSession {

            /** Properties of a JoinedSession. */
            interface $Properties {

                /** JoinedSession sessionId */
                sessionId?: (string|null);

                /** JoinedSession joinId */
                joinId?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a JoinedSession. */
            type $Shape = vitrine.v1.JoinedSession.$Properties;
        }

        /**
         * Properties of a JoinedTo.
         * @deprecated Use vitrine.v1.JoinedTo.$Properties instead.
         */
        interface IJoinedTo extends vitrine.v1.JoinedTo.$Properties {
        }

        /** Represents a JoinedTo. */
        class JoinedTo {

            /**
             * Constructs a new JoinedTo.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.JoinedTo.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** JoinedTo userId. */
            userId: string;

            /** JoinedTo joinId. */
            joinId: (number|Long);

            /**
             * Encodes the specified JoinedTo message. Does not implicitly {@link vitrine.v1.JoinedTo.verify|verify} messages.
             * @param message JoinedTo message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.JoinedTo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a JoinedTo message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.JoinedTo & vitrine.v1.JoinedTo.$Shape} JoinedTo
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.JoinedTo & vitrine.v1.JoinedTo.$Shape;
        }

        namespace JoinedTo {

            /** Properties of a JoinedTo. */
            interface $Properties {

                /** JoinedTo userId */
                userId?: (string|null);

                /** JoinedTo joinId */
                joinId?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a JoinedTo. */
            type $Shape = vitrine.v1.JoinedTo.$Properties;
        }

        /**
         * Properties of an EventMemory.
         * @deprecated Use vitrine.v1.EventMemory.$Properties instead.
         */
        interface IEventMemory extends vitrine.v1.EventMemory.$Properties {
        }

        /** Represents an EventMemory. */
        class EventMemory {

            /**
             * Constructs a new EventMemory.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.EventMemory.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EventMemory hashes. */
            hashes: Uint8Array;

            /** EventMemory runHours. */
            runHours: number[];

            /** EventMemory runLengths. */
            runLengths: number[];

            /**
             * Encodes the specified EventMemory message. Does not implicitly {@link vitrine.v1.EventMemory.verify|verify} messages.
             * @param message EventMemory message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.EventMemory.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EventMemory message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.EventMemory & vitrine.v1.EventMemory.$Shape} EventMemory
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.EventMemory & vitrine.v1.EventMemory.$Shape;
        }

        namespace EventMemory {

            /** Properties of an EventMemory. */
            interface $Properties {

                /** EventMemory hashes */
                hashes?: (Uint8Array|null);

                /** EventMemory runHours */
                runHours?: (number[]|null);

                /** EventMemory runLengths */
                runLengths?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EventMemory. */
            type $Shape = vitrine.v1.EventMemory.$Properties;
        }

        /**
         * Properties of a Visit.
         * @deprecated Use vitrine.v1.Visit.$Properties instead.
         */
        interface IVisit extends vitrine.v1.Visit.$Properties {
        }

        /** Represents a Visit. */
        class Visit {

            /**
             * Constructs a new Visit.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Visit.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Visit lastAtMs. */
            lastAtMs: (number|Long);

            /** Visit lastedMs. */
            lastedMs: (number|Long);

            /** Visit eventCount. */
            eventCount: number;

            /**
             * Encodes the specified Visit message. Does not implicitly {@link vitrine.v1.Visit.verify|verify} messages.
             * @param message Visit message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Visit.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Visit message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Visit & vitrine.v1.Visit.$Shape} Visit
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Visit & vitrine.v1.Visit.$Shape;
        }

        namespace Visit {

            /** Properties of a Visit. */
            interface $Properties {

                /** Visit lastAtMs */
                lastAtMs?: (number|Long|null);

                /** Visit lastedMs */
                lastedMs?: (number|Long|null);

                /** Visit eventCount */
                eventCount?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Visit. */
            type $Shape = vitrine.v1.Visit.$Properties;
        }

        /**
         * Properties of a CategoryRhythm.
         * @deprecated Use vitrine.v1.CategoryRhythm.$Properties instead.
         */
        interface ICategoryRhythm extends vitrine.v1.CategoryRhythm.$Properties {
        }

        /** Represents a CategoryRhythm. */
        class CategoryRhythm {

            /**
             * Constructs a new CategoryRhythm.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.CategoryRhythm.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CategoryRhythm category. */
            category: string;

            /** CategoryRhythm purchaseCount. */
            purchaseCount: number;

            /** CategoryRhythm lastAtMs. */
            lastAtMs: (number|Long);

            /** CategoryRhythm spanMs. */
            spanMs: (number|Long);

            /**
             * Encodes the specified CategoryRhythm message. Does not implicitly {@link vitrine.v1.CategoryRhythm.verify|verify} messages.
             * @param message CategoryRhythm message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.CategoryRhythm.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CategoryRhythm message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.CategoryRhythm & vitrine.v1.CategoryRhythm.$Shape} CategoryRhythm
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.CategoryRhythm & vitrine.v1.CategoryRhythm.$Shape;
        }

        namespace CategoryRhythm {

            /** Properties of a CategoryRhythm. */
            interface $Properties {

                /** CategoryRhythm category */
                category?: (string|null);

                /** CategoryRhythm purchaseCount */
                purchaseCount?: (number|null);

                /** CategoryRhythm lastAtMs */
                lastAtMs?: (number|Long|null);

                /** CategoryRhythm spanMs */
                spanMs?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CategoryRhythm. */
            type $Shape = vitrine.v1.CategoryRhythm.$Properties;
        }

        /**
         * Properties of a Consent.
         * @deprecated Use vitrine.v1.Consent.$Properties instead.
         */
        interface IConsent extends vitrine.v1.Consent.$Properties {
        }

        /** Represents a Consent. */
        class Consent {

            /**
             * Constructs a new Consent.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Consent.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Consent state. */
            state: number;

            /** Consent atMs. */
            atMs: (number|Long);

            /** Consent source. */
            source: string;

            /**
             * Encodes the specified Consent message. Does not implicitly {@link vitrine.v1.Consent.verify|verify} messages.
             * @param message Consent message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Consent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Consent message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Consent & vitrine.v1.Consent.$Shape} Consent
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Consent & vitrine.v1.Consent.$Shape;
        }

        namespace Consent {

            /** Properties of a Consent. */
            interface $Properties {

                /** Consent state */
                state?: (number|null);

                /** Consent atMs */
                atMs?: (number|Long|null);

                /** Consent source */
                source?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Consent. */
            type $Shape = vitrine.v1.Consent.$Properties;
        }

        /**
         * Properties of an OptOut.
         * @deprecated Use vitrine.v1.OptOut.$Properties instead.
         */
        interface IOptOut extends vitrine.v1.OptOut.$Properties {
        }

        /** Represents an OptOut. */
        class OptOut {

            /**
             * Constructs a new OptOut.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.OptOut.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** OptOut isOptedOut. */
            isOptedOut: boolean;

            /** OptOut atMs. */
            atMs: (number|Long);

            /** OptOut source. */
            source: string;

            /**
             * Encodes the specified OptOut message. Does not implicitly {@link vitrine.v1.OptOut.verify|verify} messages.
             * @param message OptOut message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.OptOut.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an OptOut message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.OptOut & vitrine.v1.OptOut.$Shape} OptOut
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.OptOut & vitrine.v1.OptOut.$Shape;
        }

        namespace OptOut {

            /** Properties of an OptOut. */
            interface $Properties {

                /** OptOut isOptedOut */
                isOptedOut?: (boolean|null);

                /** OptOut atMs */
                atMs?: (number|Long|null);

                /** OptOut source */
                source?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an OptOut. */
            type $Shape = vitrine.v1.OptOut.$Properties;
        }

        /**
         * Properties of a RecentItems.
         * @deprecated Use vitrine.v1.RecentItems.$Properties instead.
         */
        interface IRecentItems extends vitrine.v1.RecentItems.$Properties {
        }

        /** Represents a RecentItems. */
        class RecentItems {

            /**
             * Constructs a new RecentItems.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.RecentItems.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RecentItems itemIds. */
            itemIds: string[];

            /** RecentItems newestAtMs. */
            newestAtMs: (number|Long);

            /** RecentItems olderByMs. */
            olderByMs: (number|Long)[];

            /**
             * Encodes the specified RecentItems message. Does not implicitly {@link vitrine.v1.RecentItems.verify|verify} messages.
             * @param message RecentItems message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.RecentItems.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RecentItems message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.RecentItems & vitrine.v1.RecentItems.$Shape} RecentItems
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.RecentItems & vitrine.v1.RecentItems.$Shape;
        }

        namespace RecentItems {

            /** Properties of a RecentItems. */
            interface $Properties {

                /** RecentItems itemIds */
                itemIds?: (string[]|null);

                /** RecentItems newestAtMs */
                newestAtMs?: (number|Long|null);

                /** RecentItems olderByMs */
                olderByMs?: ((number|Long)[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RecentItems. */
            type $Shape = vitrine.v1.RecentItems.$Properties;
        }

        /**
         * Properties of an Interests.
         * @deprecated Use vitrine.v1.Interests.$Properties instead.
         */
        interface IInterests extends vitrine.v1.Interests.$Properties {
        }

        /** Represents an Interests. */
        class Interests {

            /**
             * Constructs a new Interests.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Interests.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Interests keys. */
            keys: string[];

            /** Interests sums. */
            sums: number[];

            /**
             * Encodes the specified Interests message. Does not implicitly {@link vitrine.v1.Interests.verify|verify} messages.
             * @param message Interests message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Interests.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Interests message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Interests & vitrine.v1.Interests.$Shape} Interests
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Interests & vitrine.v1.Interests.$Shape;
        }

        namespace Interests {

            /** Properties of an Interests. */
            interface $Properties {

                /** Interests keys */
                keys?: (string[]|null);

                /** Interests sums */
                sums?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Interests. */
            type $Shape = vitrine.v1.Interests.$Properties;
        }

        /**
         * Properties of a Purchases.
         * @deprecated Use vitrine.v1.Purchases.$Properties instead.
         */
        interface IPurchases extends vitrine.v1.Purchases.$Properties {
        }

        /** Represents a Purchases. */
        class Purchases {

            /**
             * Constructs a new Purchases.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Purchases.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Purchases orderCount. */
            orderCount: number;

            /** Purchases itemCount. */
            itemCount: number;

            /** Purchases totalValue. */
            totalValue: number;

            /** Purchases firstAtMs. */
            firstAtMs: (number|Long);

            /** Purchases lastAtMs. */
            lastAtMs: (number|Long);

            /**
             * Encodes the specified Purchases message. Does not implicitly {@link vitrine.v1.Purchases.verify|verify} messages.
             * @param message Purchases message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Purchases.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Purchases message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Purchases & vitrine.v1.Purchases.$Shape} Purchases
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Purchases & vitrine.v1.Purchases.$Shape;
        }

        namespace Purchases {

            /** Properties of a Purchases. */
            interface $Properties {

                /** Purchases orderCount */
                orderCount?: (number|null);

                /** Purchases itemCount */
                itemCount?: (number|null);

                /** Purchases totalValue */
                totalValue?: (number|null);

                /** Purchases firstAtMs */
                firstAtMs?: (number|Long|null);

                /** Purchases lastAtMs */
                lastAtMs?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Purchases. */
            type $Shape = vitrine.v1.Purchases.$Properties;
        }
    }
}
